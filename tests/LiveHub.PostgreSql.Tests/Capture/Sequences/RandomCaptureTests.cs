using System.Globalization;
using LiveHub.Backplane;
using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.PostgreSql.Tests.Capture.Sequences;

/// <summary>
/// Whoever applies all changesets has exactly the database's rows, whatever is written and however it ends; each before is what was
/// held. LIVEHUB_CAPTURE_SEQUENCES says how many sequences, LIVEHUB_CAPTURE_SEED which.
/// </summary>
public sealed class RandomCaptureTests(Database18 database) : IClassFixture<Database18>
{
    private const int CheckAllAfter = 100;

    private CaptureApp _app = null!;
    private Replica _replica = null!;
    private long _read;

    [Fact]
    public async Task G2_F4_changesets_give_the_rows_of_the_database_after_any_sequence_of_writes()
    {
        var count = Number("LIVEHUB_CAPTURE_SEQUENCES") ?? 300;
        var seed = Number("LIVEHUB_CAPTURE_SEED") ?? Random.Shared.Next();
        await database.ResetAsync();
        _app = await database.AppAsync(new InterceptorMode());
        _replica = new(database);
        _read = (await _app.Log.ReadHeadAsync(default)).Offset;
        foreach (var entity in _app.Model.Entities)
        {
            await _replica.LoadAsync(entity);
        }

        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var sequence = new RandomSequence(_app, random);
            try
            {
                await sequence.RunAsync();
                await FollowAsync(sequence.Mark);
                foreach (var entity in _app.Model.Entities.Where(e => e.Name != nameof(Mark) && (sequence.Entities.Contains(e.Name) || i % CheckAllAfter == 0 || i == count - 1)))
                {
                    await _replica.CheckAsync(entity);
                }
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Sequence {i} of seed {seed}: {sequence}\n{e.Message}", e);
            }
        }
    }

    /// <summary>Applies what is new, and waits for a changeset that is known to come.</summary>
    private async Task FollowAsync(Guid? mark)
    {
        IReadOnlyList<LogEntry> entries = [];
        await Until.TrueAsync(
            () =>
            {
                var head = _app.Log.ReadHeadAsync(default).AsTask().GetAwaiter().GetResult().Offset;
                entries = _app.Log.ReadRangeAsync(_read, head, default).AsTask().GetAwaiter().GetResult()!;
                return mark is null || entries.Any(e => e.Changeset.Changes.Any(c => c.Entity.Name == nameof(Mark) && Equals(c.After![0], mark)));
            },
            () => $"the transaction's changeset did not come; there are {string.Join(" | ", entries.Select(e => string.Join(", ", LogText.Of(e))))}");
        foreach (var entry in entries)
        {
            _replica.Apply(entry);
            _read = entry.Position.Offset;
        }
    }

    private static int? Number(string variable)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
