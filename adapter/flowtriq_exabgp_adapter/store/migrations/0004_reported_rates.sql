-- What alerts said of an attack's rate is kept beside it: the highest since it began.

ALTER TABLE attacks_seen ADD COLUMN reported_bps REAL;
ALTER TABLE attacks_seen ADD COLUMN reported_pps REAL;
ALTER TABLE attacks_seen ADD COLUMN reported_together INTEGER NOT NULL DEFAULT 1;
UPDATE attacks_seen SET reported_bps = json_extract(attack, '$.observed.bps')
WHERE json_type(attack, '$.observed.bps') IN ('integer', 'real');
UPDATE attacks_seen SET reported_pps = json_extract(attack, '$.observed.pps')
WHERE json_type(attack, '$.observed.pps') IN ('integer', 'real');
