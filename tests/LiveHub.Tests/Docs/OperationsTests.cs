using System.Diagnostics.Metrics;
using System.Reflection;
using System.Text.RegularExpressions;
using LiveHub.Diagnostics;
using LiveHub.Hubs;
using LiveHub.Redis;
using LiveHub.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LiveHub.Tests.Docs;

/// <summary>docs/operations.md lists what LiveHub logs and measures, no more and no less.</summary>
public sealed partial class OperationsTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(PostgresServer.Root(), "docs", "operations.md"));

    private static readonly Assembly[] Packages = [typeof(Log).Assembly, typeof(LiveHubPostgreSqlExtensions).Assembly, typeof(RedisOptions).Assembly];

    [Fact]
    public void Every_event_is_listed_with_its_id_level_category_and_text()
    {
        var sources = Directory.GetFiles(Path.Combine(PostgresServer.Root(), "server"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .Select(File.ReadAllText)
            .ToList();
        var events = from method in typeof(Log).GetMethods()
                     from message in method.GetCustomAttributes<LoggerMessageAttribute>()
                     orderby message.EventId
                     let category = Assert.Single(sources.FindAll(s => s.Contains($"ogger.{method.Name}(", StringComparison.Ordinal)).Select(CategoryOf).Distinct())
                     select $"| {message.EventId} | {message.Level} | `{category}` | {message.Message} |";
        Assert.Equal(events, EventRow().Matches(Page).Select(m => m.Value));
    }

    [Fact]
    public void Every_instrument_is_listed_with_its_kind_and_unit()
    {
        using var services = Measured.Services();
        var factory = services.GetRequiredService<IMeterFactory>();
        var instruments = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Scope == factory)
                {
                    instruments.Add($"| `{instrument.Name}` | {instrument.GetType().Name.Split('`')[0]} | `{instrument.Unit}` |");
                }
            },
        };
        listener.Start();
        _ = services.GetRequiredService<LiveHubMetrics>();
        Assert.Equal(instruments.Order(StringComparer.Ordinal), InstrumentRow().Matches(Page).Select(m => m.Value).Order(StringComparer.Ordinal));
    }

    /// <summary>Under what a source file logs. Those of a connection share a logger.</summary>
    private static string CategoryOf(string source)
    {
        var category = Logger().Match(source) is { Success: true } own ? own.Groups["category"].Value
            : source.Contains($"partial class {nameof(RedisBackplane)}", StringComparison.Ordinal) ? nameof(RedisBackplane)
            : nameof(SyncConnection);
        return Packages.SelectMany(p => p.GetTypes()).Single(t => t.Name == category).FullName!;
    }

    [GeneratedRegex(@"GuardedLogger<(?<category>\w+)>", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex Logger();

    [GeneratedRegex(@"^\| \d+ \|( [^|]+ \|){3}", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex EventRow();

    [GeneratedRegex(@"^\| `livehub\.[a-z.]+` \|( [^|]+ \|){2}", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex InstrumentRow();
}
