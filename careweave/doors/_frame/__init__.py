"""What the doors of people share: shell, theme, security of pages, words, charts."""
