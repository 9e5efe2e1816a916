using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Model;

/// <summary>A database as its connection names it.</summary>
internal sealed record DatabaseName(string Source, string Name)
{
    public static DatabaseName Of(DbConnection connection) => new(connection.DataSource, connection.Database);

    /// <summary>Null where the context is not of a relational provider, or not on any database yet.</summary>
    public static DatabaseName? Of(DbContext context)
        => context.Database.IsRelational() && context.Database.GetDbConnection() is { } connection ? Of(connection) : null;

    public override string ToString() => $"{Source}/{Name}";
}
