-- People also ask for the record behind a call, as CloudTrail wrote it: by the call's id here.
ALTER TABLE requests DROP CONSTRAINT requests_kind_check;
ALTER TABLE requests ADD CONSTRAINT requests_kind_check
  CHECK (kind IN ('account', 'digest', 'channel', 'limits', 'record'));
