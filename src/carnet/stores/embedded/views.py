"""Views for a curious person with a SQLite browser: times in words, outcomes in words, digests in hex."""

from __future__ import annotations

VIEWS = (
    """
    CREATE VIEW captures_readable AS
    SELECT capture.id, document.collection || '/' || document.name AS document,
           strftime('%Y-%m-%dT%H:%M:%SZ', capture.at / 1000000, 'unixepoch') AS at,
           CASE outcome WHEN 1 THEN 'new' WHEN 2 THEN 'unchanged' WHEN 3 THEN 'failed' ELSE 'held' END AS outcome,
           why.words AS why, capture.status, lower(hex(body.digest)) AS digest, body.size, source.words AS source,
           final_url.words AS final_url, capture.headers
    FROM capture JOIN document ON document.id = capture.document LEFT JOIN body ON body.id = capture.body
    LEFT JOIN phrase AS why ON why.id = capture.why LEFT JOIN phrase AS source ON source.id = capture.source
    LEFT JOIN phrase AS final_url ON final_url.id = capture.final_url
    """,
    """
    CREATE VIEW versions_readable AS
    SELECT document.collection || '/' || document.name AS document,
           row_number() OVER (PARTITION BY capture.document ORDER BY capture.at + capture.shift, capture.id) AS number,
           strftime('%Y-%m-%dT%H:%M:%SZ', capture.at / 1000000, 'unixepoch') AS at,
           lower(hex(body.digest)) AS digest, body.size,
           capture.seen = 2 AS gone, capture.id AS capture
    FROM capture JOIN document ON document.id = capture.document LEFT JOIN body ON body.id = capture.body
    WHERE capture.outcome = 1
    """,
)
