"""AS2 (RFC 4130), pure: header fields and bytes in; message, disposition, MIC and MDN out. No sockets, no database, no clock."""
