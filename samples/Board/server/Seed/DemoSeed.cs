using BoardSample.Model;
using Microsoft.EntityFrameworkCore;

namespace BoardSample.Seed;

/// <summary>Fills an empty database with the boards of tenant <c>demo</c>: always the same rows with the same ids.</summary>
internal static class DemoSeed
{
    public static async Task RunAsync(BoardDb db)
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.Database.ExecuteSqlAsync($"""lock table "Boards" in exclusive mode"""); // two servers may start at once
        if (await db.Boards.AnyAsync() || await db.Members.AnyAsync())
        {
            return;
        }

        var members = Members();
        db.AddRange(members);
        var reader = new SeedReader(members);
        foreach (var file in (string[])["website", "app", "office"])
        {
            db.AddRange(reader.Read(Lines(file)));
        }

        await db.SaveChangesAsync();
        await ContinueSequencesAsync(db);
        await transaction.CommitAsync();
    }

    private static Member[] Members() =>
    [
        new() { Id = 1, Name = "Ines Carvalho", Email = "ines.carvalho@example.com" },
        new() { Id = 2, Name = "Jonas Weber", Email = "jonas.weber@example.com" },
        new() { Id = 3, Name = "Mei Tanaka", Email = "mei.tanaka@example.com" },
        new() { Id = 4, Name = "Priya Raman", Email = "priya.raman@example.com" },
        new() { Id = 5, Name = "Tomas Novák", Email = "tomas.novak@example.com" },
    ];

    private static IEnumerable<string> Lines(string file)
    {
        using var reader = new StreamReader(typeof(DemoSeed).Assembly.GetManifestResourceStream(file)!);
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    /// <summary>The seed brings its own ids, 1 to n in each table; the next row gets n + 1.</summary>
    private static async Task ContinueSequencesAsync(BoardDb db)
    {
        var counts = db.ChangeTracker.Entries()
            .Where(e => e.Metadata.FindPrimaryKey()!.Properties is [{ ClrType: var type }] && type == typeof(int))
            .CountBy(e => $"\"{e.Metadata.GetTableName()}\"", StringComparer.Ordinal);
        foreach (var (table, count) in counts.ToList())
        {
            await db.Database.ExecuteSqlAsync($"select setval(pg_get_serial_sequence({table}, 'Id'), {count})");
        }
    }
}
