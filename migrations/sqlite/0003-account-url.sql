-- The URL of the account, as the request that answered the challenge named this server. Records in DNS name the account by it
-- (RFC 8657 section 3, and the dns-account-01 and dns-persist-01 challenges), and a server has as many names as it is addressed
-- by: a validation that a crash interrupted must look for the record that the first attempt looked for. NULL before the answer.
ALTER TABLE challenges ADD COLUMN account_url TEXT;
