using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>The same call, waited for or not: EF Core has two ways through everything.</summary>
internal static class EitherWay
{
    public static async Task SaveAsync(this DbContext db, bool async) => _ = async ? await db.SaveChangesAsync() : db.SaveChanges();

    public static async Task<IDbContextTransaction> BeginAsync(this DbContext db, bool async)
        => async ? await db.Database.BeginTransactionAsync() : db.Database.BeginTransaction();

    public static Task CommitAsync(this IDbContextTransaction transaction, bool async) => Run(async, () => transaction.CommitAsync(), transaction.Commit);

    public static Task RollbackAsync(this IDbContextTransaction transaction, bool async) => Run(async, () => transaction.RollbackAsync(), transaction.Rollback);

    public static Task CreateSavepointAsync(this IDbContextTransaction transaction, string name, bool async)
        => Run(async, () => transaction.CreateSavepointAsync(name), () => transaction.CreateSavepoint(name));

    public static Task RollbackToSavepointAsync(this IDbContextTransaction transaction, string name, bool async)
        => Run(async, () => transaction.RollbackToSavepointAsync(name), () => transaction.RollbackToSavepoint(name));

    public static Task ReleaseSavepointAsync(this IDbContextTransaction transaction, string name, bool async)
        => Run(async, () => transaction.ReleaseSavepointAsync(name), () => transaction.ReleaseSavepoint(name));

    public static async Task SqlAsync(this DbContext db, string sql, bool async = true)
        => _ = async ? await db.Database.ExecuteSqlRawAsync(sql) : db.Database.ExecuteSqlRaw(sql);

    private static Task Run(bool async, Func<Task> waited, Action called)
    {
        if (async)
        {
            return waited();
        }

        called();
        return Task.CompletedTask;
    }
}
