"""Development proxy: recipes compared on training factors left out."""
