"""Histories kept elsewhere: git repositories, folders of dated files, archives of another Carnet."""
