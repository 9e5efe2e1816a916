using System.Globalization;
using LiveHub.Backplane;
using LiveHub.PostgreSql.Racer;
using Microsoft.EntityFrameworkCore;

// Writes to one row, in all the ways that there are, and prints what its capture made of it: a line a change.
// What `dotnet ef` adds follows.
if (args is not [var connectionString, var name, var rounds, ..])
{
    await Console.Error.WriteLineAsync("Usage: racer CONNECTION_STRING NAME ROUNDS");
    return 2;
}

var builder = Host.CreateEmptyApplicationBuilder(settings: null);
builder.Services.AddDbContextFactory<RaceDb>(options => options.UseNpgsql(connectionString));
builder.Services.AddLiveHub<RaceDb>(live => live.Expose<Prize>().UsePostgreSql());
builder.Services.Configure<LiveHub.LiveHubOptions>(options => options.LogRetention.Count = 1_000_000);
using var host = builder.Build();
var race = new Race(host.Services.GetRequiredService<IDbContextFactory<RaceDb>>(), name);
for (var round = 0; round < int.Parse(rounds, CultureInfo.InvariantCulture); round++)
{
    await race.RunAsync(round);
}

var log = host.Services.GetRequiredService<IBackplane>();
foreach (var entry in (await log.ReadRangeAsync(0, (await log.ReadHeadAsync(default)).Offset, default))!)
{
    // What was to be read again came between two states that nobody saw.
    var isSure = entry.Changeset.Invalidations.Length == 0;
    foreach (var change in entry.Changeset.Changes)
    {
        Console.WriteLine($"{change.Version} {(isSure ? Text(change.Before) : "?")} {Text(change.After)}");
    }

    if (!isSure && entry.Changeset.Changes.Length == 0)
    {
        Console.WriteLine("0 ? ?");
    }
}

return 0;

static string Text(LiveHub.Model.Row? row) => row is null ? "-" : string.Create(CultureInfo.InvariantCulture, $"{row[1]}:{row[2]}");
