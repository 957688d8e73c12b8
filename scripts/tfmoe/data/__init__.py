"""From peaks and a genome to labelled sequences in splits."""
