# plugins/png
