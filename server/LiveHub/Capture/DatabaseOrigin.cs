using System.Collections.Concurrent;
using System.Data.Common;
using LiveHub.Diagnostics;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Capture;

/// <summary>
/// Whether a context writes to the database that snapshots are read from. An application may build contexts of one type on several databases,
/// one for each tenant for example; rows of the others must not be shown as rows of this one.
/// </summary>
internal sealed class DatabaseOrigin(LiveModel model, Databases databases, GuardedLogger<DatabaseOrigin> logger)
{
    private readonly ConcurrentDictionary<DatabaseName, byte> _told = new();

    /// <returns>Null where another address may or may not lead to the same database, and it does not say so itself.</returns>
    public bool? IsOurs(DbContext context)
    {
        if (model.HomeOf(context.GetType()) is not { } home)
        {
            return true;
        }

        var connection = context.Database.GetDbConnection();
        var database = DatabaseName.Of(connection);
        if (database == home)
        {
            return true;
        }

        // Another address may lead to the same database; another name may not, unless the database itself says so.
        var isOurs = databases.For(context.GetType()).IsSame(home, connection) ?? (home.Name == database.Name ? null : false);
        if (isOurs is false && _told.TryAdd(database, 0))
        {
            logger.ForeignDatabase(context.GetType().Name, database, home);
        }

        return isOurs;
    }
}
