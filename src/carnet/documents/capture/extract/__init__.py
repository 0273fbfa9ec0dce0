"""Text out of web pages and PDFs. Runs in a process of its own: a hostile page costs that process, nothing else."""
