"""People who use the pages and the API: who they are, what they may do, and how they prove it.

Read ``users`` (accounts and tokens) first, then ``logins`` (browsers) and ``refused`` (whoever has no good token).
"""
