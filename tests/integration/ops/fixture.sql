-- name: SetIdentity
UPDATE database_identity SET identity = :identity
