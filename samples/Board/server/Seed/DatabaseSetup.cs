using System.Diagnostics;
using BoardSample.Model;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace BoardSample.Seed;

/// <summary>Brings the database up to date before the server listens: waits for it, creates it, migrates it, seeds it when it is empty.</summary>
internal static partial class DatabaseSetup
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <exception cref="StartException">The database cannot be used; the text says why.</exception>
    public static async Task PrepareDatabaseAsync(this WebApplication app)
    {
        var limit = TimeSpan.FromSeconds(app.Configuration.GetValue("Board:DatabaseTimeoutSeconds", 30));
        var clock = Stopwatch.StartNew();
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                await using var scope = app.Services.CreateAsyncScope();
                var db = scope.ServiceProvider.GetRequiredService<BoardDb>();
                await db.Database.MigrateAsync();
                await DemoSeed.RunAsync(db);
                return;
            }
            catch (ArgumentException e)
            {
                throw new StartException($"ConnectionStrings:Board is not a connection string: {e.Message}");
            }
            catch (Exception e) when (DatabaseError(e) is { } error)
            {
                if (!error.IsTransient || clock.Elapsed + Pause > limit)
                {
                    throw new StartException($"The database cannot be used: {error.Message.Trim()} (ConnectionStrings:Board; tried for {clock.Elapsed.TotalSeconds:0} s)");
                }

                if (isFirst)
                {
                    LogWaiting(app.Logger, error.Message);
                }

                await Task.Delay(Pause);
            }
        }
    }

    private static NpgsqlException? DatabaseError(Exception? e) =>
        e is null ? null : e as NpgsqlException ?? DatabaseError(e.InnerException);

    [LoggerMessage(1, LogLevel.Warning, "Waiting for the database: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string reason);
}
