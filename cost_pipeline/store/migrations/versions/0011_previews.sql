-- People also ask what other limits would find idle.
ALTER TABLE requests DROP CONSTRAINT requests_kind_check;
ALTER TABLE requests ADD CONSTRAINT requests_kind_check
  CHECK (kind IN ('account', 'digest', 'channel', 'limits'));
