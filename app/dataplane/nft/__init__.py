"""nftables: tables of family ip with base chains on the hooks, sets, maps and verdict maps.

    text  -> parse.py, words.py, expressions.py, statements.py -> commands.py
    table -> table.py, sets.py, chain.py, ruleset.py            -> listing.py (text again)
    walk  -> walk.py: a packet through one base chain, as Linux net/netfilter/nf_tables_core.c does it

A text is parsed once (`Transaction`); tables that many namespaces have in common are shared until one of them writes.
Source: nft(8) 1.0.6; Linux net/netfilter/nf_tables_api.c, nf_tables_core.c, nft_*.c.
"""
