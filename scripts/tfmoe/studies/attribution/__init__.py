"""Attribution study: what ShiftSmooth and other variants change."""
