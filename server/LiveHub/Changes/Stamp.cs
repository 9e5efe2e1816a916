namespace LiveHub.Changes;

/// <summary>What the database says of a transaction, read in it after its last write.</summary>
/// <param name="Version">Grows with every committed change of the same row (rule 6).</param>
/// <param name="Transaction">The database's number for it.</param>
internal readonly record struct Stamp(long Version, TransactionId Transaction);
