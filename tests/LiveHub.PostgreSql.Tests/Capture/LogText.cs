using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Model;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Changesets as texts, for tests to compare.</summary>
internal static class LogText
{
    /// <summary><c>Insert Item 1 cup</c>, <c>Update Item 1 cup -> mug</c>, <c>Delete Item 1 mug</c>, <c>Again Item</c>, in the order of the texts.</summary>
    public static string[] Of(LogEntry entry)
        => [.. entry.Changeset.Changes.Select(Of).Concat(entry.Changeset.Invalidations.Select(i => $"Again {i.Entity}")).Order(StringComparer.Ordinal)];

    public static object? ValueOf(Change change, Row? row, string column) => row![change.Entity.Columns.Single(c => c.Name == column).Ordinal];

    private static string Of(Change change)
        => $"{change.Operation} {change.Entity} {change.Key} {string.Join(" -> ", new[] { change.Before, change.After }.OfType<Row>().Select(r => NameIn(change.Entity, r)))}".TrimEnd();

    private static string NameIn(Entity entity, Row row)
        => entity.Columns.FirstOrDefault(c => c.Name == "name") is { } column ? (string?)row[column.Ordinal] ?? "null" : "";
}
