"""The tabs of a plugin's screen, one file each; `registry` lists them."""
