using LiveHub;
using LiveHub.PostgreSql;
using Microsoft.EntityFrameworkCore;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>LiveHub on PostgreSQL.</summary>
public static class LiveHubPostgreSqlExtensions
{
    /// <summary>
    /// For contexts of <c>UseNpgsql</c>, PostgreSQL 13 or later (tested with 15 and 18). Saves bring the rows as they were stored, before and after, and a version
    /// by which the database orders the changes of a row, also those of several processes; all of it in the save's own command. The
    /// database's role needs SELECT and UPDATE on the exposed tables, as EF Core's own updates do; with row-level security, it must see the rows that it writes.
    /// </summary>
    /// <typeparam name="TContext">The context.</typeparam>
    /// <param name="live">The context's builder.</param>
    /// <returns><paramref name="live"/>.</returns>
    public static LiveHubBuilder<TContext> UsePostgreSql<TContext>(this LiveHubBuilder<TContext> live)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(live);
        live.Database = new PostgreSqlDatabase();
        return live;
    }
}
