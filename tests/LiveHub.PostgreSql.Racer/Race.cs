using Microsoft.EntityFrameworkCore;

namespace LiveHub.PostgreSql.Racer;

/// <summary>The ways to write to the row; which one comes next is chosen by the round's number, so that every racer does all.</summary>
internal sealed class Race(IDbContextFactory<RaceDb> contexts, string name)
{
    private Prize? _stale;

    public async Task RunAsync(int round)
    {
        try
        {
            await using var db = await contexts.CreateDbContextAsync();
            switch (round % 8)
            {
                case 0:
                    _stale = await db.Prizes.AsNoTracking().SingleOrDefaultAsync(p => p.Id == 1);
                    await UpdateAsync(db, p => p.Round = round);
                    break;
                case 1 or 2 when _stale is not null:
                    // As it was read some rounds ago.
                    var entry = db.Attach(new Prize { Id = 1, Holder = _stale.Holder, Round = _stale.Round });
                    entry.Entity.Holder = $"{name}{round}";
                    await db.SaveChangesAsync();
                    break;
                case 3:
                    await TwiceAsync(db, round, commit: true);
                    break;
                case 4:
                    await TwiceAsync(db, round, commit: false);
                    break;
                case 5:
                    db.Update(new Prize { Id = 1, Holder = $"{name}{round}", Round = round });
                    await db.SaveChangesAsync();
                    break;
                case 6 when round % 16 == 6:
                    db.Remove(new Prize { Id = 1 });
                    await db.SaveChangesAsync();
                    break;
                default:
                    db.Add(new Prize { Id = 1, Holder = $"{name}{round}", Round = round });
                    await db.SaveChangesAsync();
                    break;
            }
        }
        catch (DbUpdateException)
        {
            // Somebody else was quicker: the row is there already, or gone.
        }
    }

    private static async Task UpdateAsync(RaceDb db, Action<Prize> change)
    {
        if (await db.Prizes.SingleOrDefaultAsync(p => p.Id == 1) is { } prize)
        {
            change(prize);
            await db.SaveChangesAsync();
        }
    }

    private async Task TwiceAsync(RaceDb db, int round, bool commit)
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        await UpdateAsync(db, p => p.Holder = $"{name}{round}");
        await UpdateAsync(db, p => p.Round = -round);
        if (commit)
        {
            await transaction.CommitAsync();
        }
    }
}
