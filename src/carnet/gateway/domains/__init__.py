"""Whether a host may be fetched from: block lists, organisations' own lists, and what never may."""
