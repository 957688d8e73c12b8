"""Attribution maps, and how faithful and well localised they are."""
