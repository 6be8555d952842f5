"""One file for each family of vision-language models; `vlm_families.py` writes them."""
