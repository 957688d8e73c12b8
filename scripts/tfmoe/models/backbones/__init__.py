"""The backbones, one file each; the file's name is the backbone's name in the config."""
