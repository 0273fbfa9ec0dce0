"""What the vendor says: captures, versions, sentences, differences, timelines."""
