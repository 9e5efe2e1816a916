using System.Data.Common;
using System.Transactions;
using LiveHub;
using Microsoft.EntityFrameworkCore;

namespace ChaosServer;

/// <summary>Does what a step says, as an application would.</summary>
public sealed class Writer(ChaosDb db, ILiveHub live, Setting setting, Share own)
{
    public async Task RunAsync(Write write)
    {
        write = write with { Card = own.Card(write.Card), List = own.List(write.Card, write.List, setting.Lists) };
        Delays.Asked = write.Delay;
        switch (write.Kind)
        {
            case "race":
                await RaceAsync(write);
                break;
            case "bulk":
                await db.Cards.Where(c => c.ListId == write.List).ExecuteUpdateAsync(set => set.SetProperty(c => c.Done, write.Done).SetProperty(c => c.Note, write.Note));
                break;
            case "reread":
                await live.InvalidateAsync<Card>();
                break;
            default:
                await InTransactionAsync(write, () => WriteAsync(write));
                break;
        }
    }

    private Task WriteAsync(Write write) => write.Kind switch
    {
        "transfer" => TransferAsync(write),
        "edit" => EditAsync(write, card => card.Done = write.Done),
        "move" => EditAsync(write, card => card.ListId = write.List),
        "delete" => DeleteAsync(write),
        "insert" => InsertAsync(write),
        "sweep" => SweepAsync(write),
        "label" => LabelAsync(write),
        _ => throw new ArgumentException($"There is no write '{write.Kind}'.", nameof(write)),
    };

    /// <summary>Moves money between entities, in two saves.</summary>
    private async Task TransferAsync(Write write)
    {
        // In one order, and before anything is written: no two wait for each other.
        foreach (var leg in write.Legs.Where(l => l.Account is not null).OrderBy(l => own.Own(l.Account!.Value)))
        {
            var id = own.Own(leg.Account!.Value);
            var account = (await db.Accounts.FromSql($"""select * from "Accounts" where "Id" = {id} for update""").ToListAsync()).Single();
            account.Balance += leg.Amount;
        }

        foreach (var leg in write.Legs.Where(l => l.Vault is not null).OrderBy(l => l.Vault))
        {
            var id = Vault.IdOf(own.Own(leg.Vault!.Value));
            var vault = (await db.Vaults.FromSql($"""select * from "Vaults" where "Id" = {id} for update""").ToListAsync()).Single();
            await db.SaveChangesAsync();
            vault.Balance += leg.Amount;
        }

        await db.SaveChangesAsync();
    }

    private async Task EditAsync(Write write, Action<Card> edit)
    {
        if (await LockAsync(write.Card) is { } card)
        {
            edit(card);
            (card.Note, card.Rev) = (write.Note, await db.NextRevAsync());
            await db.SaveChangesAsync();
        }
    }

    private async Task DeleteAsync(Write write)
    {
        await HoldAsync(write.Card);
        if (await LockAsync(write.Card) is { } card)
        {
            db.Remove(card);
            await db.SaveChangesAsync();
        }
    }

    private async Task InsertAsync(Write write)
    {
        await HoldAsync(write.Card);
        if (await LockAsync(write.Card) is null)
        {
            var rev = await db.NextRevAsync();
            db.Add(new Card { Id = write.Card, ListId = write.List, Done = write.Done, Note = write.Note, Rev = rev, Born = rev });
            db.Add(new CardLabel { CardId = write.Card, LabelId = write.Label, Note = write.Note, Rev = rev, Born = rev });
            await db.SaveChangesAsync();
        }
    }

    /// <summary>Deletes cards and puts one back, by a bulk command and a save of one transaction.</summary>
    private async Task SweepAsync(Write write)
    {
        int[] cards = [write.Card, write.Card + own.Step, write.Card + (2 * own.Step)];
        foreach (var card in cards)
        {
            await HoldAsync(card);
        }

        await db.Cards.Where(c => cards.Contains(c.Id)).ExecuteDeleteAsync();
        if (write.Done)
        {
            var rev = await db.NextRevAsync();
            db.Add(new Card { Id = write.Card, ListId = write.List, Note = write.Note, Rev = rev, Born = rev });
            await db.SaveChangesAsync();
        }
    }

    private async Task LabelAsync(Write write)
    {
        await HoldAsync(write.Card);
        var label = (await db.Labels.FromSql($"""select * from "Labels" where "CardId" = {write.Card} and "LabelId" = {write.Label} for update""").ToListAsync()).SingleOrDefault();
        if (label is not null && write.Done)
        {
            db.Remove(label);
        }
        else if (label is not null)
        {
            (label.Note, label.Rev) = (write.Note, await db.NextRevAsync());
        }
        else if (await LockAsync(write.Card) is not null)
        {
            var rev = await db.NextRevAsync();
            db.Add(new CardLabel { CardId = write.Card, LabelId = write.Label, Note = write.Note, Rev = rev, Born = rev });
        }

        await db.SaveChangesAsync();
    }

    /// <summary>One column of a row that was not read: whoever else writes it.</summary>
    private async Task RaceAsync(Write write)
    {
        db.Attach(new Card { Id = write.Card, Note = "" }).Entity.Note = write.Note;
        await db.SaveChangesAsync();
    }

    private async Task<Card?> LockAsync(int id)
        => (await db.Cards.FromSql($"""select * from "Cards" where "Id" = {id} for update""").ToListAsync()).SingleOrDefault();

    /// <summary>Nobody else deletes or inserts a card and what belongs to it meanwhile: what is inserted gets a higher number than what was deleted.</summary>
    private Task HoldAsync(int card) => db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock({card})");

    private async Task InTransactionAsync(Write write, Func<Task> work)
    {
        switch (write.Way)
        {
            case "ado":
                await db.Database.OpenConnectionAsync();
                await using (var transaction = await db.Database.GetDbConnection().BeginTransactionAsync())
                {
                    await db.Database.UseTransactionAsync(transaction);
                    await work();
                    await EndAsync(write, transaction);
                }

                break;
            case "scope":
                using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
                {
                    await work();
                    if (write.End == "commit")
                    {
                        scope.Complete();
                    }
                }

                break;
            default:
                await using (var transaction = await db.Database.BeginTransactionAsync())
                {
                    await work();
                    if (write.End == "savepoint")
                    {
                        await transaction.CreateSavepointAsync("before");
                        await db.Cards.Where(c => c.ListId == write.List).ExecuteUpdateAsync(set => set.SetProperty(c => c.Note, "void"));
                        db.ChangeTracker.Clear();
                        await transaction.RollbackToSavepointAsync("before");
                    }

                    await (write.End switch
                    {
                        "rollback" => transaction.RollbackAsync(),
                        "leave" => Task.CompletedTask,
                        _ => transaction.CommitAsync(),
                    });
                }

                break;
        }
    }

    private static Task EndAsync(Write write, DbTransaction transaction) => write.End switch
    {
        "rollback" => transaction.RollbackAsync(),
        "leave" => Task.CompletedTask,
        _ => transaction.CommitAsync(),
    };
}
