"""The data stage: from peaks and a genome to labelled sequences in splits."""
