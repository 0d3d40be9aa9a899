CREATE TABLE thing (
  id bigint NOT NULL PRIMARY KEY,
  label text UNIQUE,
  body bytea,
  owner uuid,
  amount bigint CHECK (amount <> 13)
);
