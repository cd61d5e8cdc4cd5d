# plugins/colour
