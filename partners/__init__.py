"""Who we trade with and on what terms: profiles as code, versions in the database."""
