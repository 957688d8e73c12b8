"""Attribution maps, and measures of their faithfulness, localisation and stability."""
