"""The backbones, one file each; the file's name is the name that the config uses."""
