"""What a program keeps on this machine of its sessions: transcripts, and the sweep that ends them."""
