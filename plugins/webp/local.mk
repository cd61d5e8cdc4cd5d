# plugins/webp
