namespace LiveHub.Backplane;

/// <summary>What a database is known as (rule 8): versions and transaction ids belong to one history of it.</summary>
/// <param name="Database">Its name, the same for every node.</param>
/// <param name="History">What it calls its history.</param>
/// <param name="Version">Where it stood; it has come no less far by now.</param>
/// <param name="Lineage">Since when the log knows it so: another one means that it became another database since, and that somebody has noticed. Empty where the log did not know it.</param>
internal sealed record DatabaseHistory(string Database, string History, long Version, string Lineage = "");
