"""What becomes of a claim: how every kind is tested, decided and put into words."""
