using System.Diagnostics;
using System.Globalization;
using LiveHub.PostgreSql.Racer;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Rule 6: what orders the changes of a row is the database, whoever made them.</summary>
public sealed class RaceTests(PostgresServer server)
{
    private const int Rounds = 5_000;

    [Fact]
    public async Task S3_Rule_6_two_processes_race_on_one_row_10_000_times_and_the_versions_tell_its_whole_history()
    {
        var connectionString = await server.CreateDatabaseAsync();
        await using var db = new RaceDb(new DbContextOptionsBuilder<RaceDb>().UseNpgsql(connectionString).Options);
        await db.Database.EnsureCreatedAsync();
        var racers = await Task.WhenAll(RunAsync(connectionString, "a"), RunAsync(connectionString, "b"));
        var all = racers.SelectMany(lines => lines).ToList();
        var history = all.Where(c => c.Version > 0).OrderBy(c => c.Version).ToList();

        Assert.All(racers, lines => Assert.True(lines.Count > Rounds / 4, $"only {lines.Count} changes"));
        Assert.Equal(history.Count, history.Select(c => c.Version).Distinct().Count());

        // Each change begins where the one before it ended. A delete that is not known is said to be: then the row is read again.
        var gaps = history.Zip(history.Skip(1)).Where(pair => pair.Second.Before != "?" && pair.First.After != pair.Second.Before).ToList();
        Assert.All(gaps, gap => Assert.Equal("-", gap.Second.Before));
        Assert.InRange(all.Count(c => c.Version == 0), gaps.Count, history.Count / 100);
        var stored = await db.Prizes.SingleOrDefaultAsync();
        Assert.Equal(stored is null ? "-" : $"{stored.Holder}:{stored.Round}", history[^1].After);
        await server.DropDatabaseAsync(connectionString);
    }

    private static async Task<List<(long Version, string Before, string After)>> RunAsync(string connectionString, string name)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(RaceDb).Assembly.Location, connectionString, name, Rounds.ToString(CultureInfo.InvariantCulture)])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var racer = Process.Start(start)!;
        var errors = racer.StandardError.ReadToEndAsync();
        var output = await racer.StandardOutput.ReadToEndAsync();
        await racer.WaitForExitAsync();
        Assert.True(racer.ExitCode == 0, await errors);
        return
        [
            .. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(' '))
                .Select(parts => (long.Parse(parts[0], CultureInfo.InvariantCulture), parts[1], parts[2])),
        ];
    }
}
