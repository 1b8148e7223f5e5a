"""How the demo model is made: the corpus that it learns from, its tokenizer, the network, the training, the scores."""
