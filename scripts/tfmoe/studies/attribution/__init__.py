"""Attribution study: effects of ShiftSmooth, correction, strands and seeds on attribution maps."""
