using Microsoft.EntityFrameworkCore;

namespace ChaosServer;

/// <summary>A bank, whose money does not change, and a board of cards.</summary>
public sealed class ChaosDb(DbContextOptions<ChaosDb> options) : DbContext(options)
{
    public DbSet<Account> Accounts => Set<Account>();

    public DbSet<Vault> Vaults => Set<Vault>();

    public DbSet<CardList> Lists => Set<CardList>();

    public DbSet<Card> Cards => Set<Card>();

    public DbSet<CardLabel> Labels => Set<CardLabel>();

    /// <summary>Makes the database, unless an earlier process has.</summary>
    public async Task CreateAsync(Setting setting)
    {
        if (!await Database.EnsureCreatedAsync())
        {
            return;
        }

        for (var i = 1; i <= setting.Accounts; i++)
        {
            Add(new Account { Id = i, Balance = setting.Balance });
        }

        for (var i = 1; i <= setting.Vaults; i++)
        {
            Add(new Vault { Id = Vault.IdOf(i), Balance = setting.Balance });
        }

        for (var i = 1; i <= setting.Lists; i++)
        {
            Add(new CardList { Id = i });
        }

        for (var i = 1; i <= setting.Cards; i++)
        {
            Add(new Card { Id = i, ListId = 1 + (i % setting.Lists), Note = "first" });
        }

        await SaveChangesAsync();
    }

    /// <summary>A number above all that were given before: whoever takes it holds the row's lock.</summary>
    public Task<long> NextRevAsync() => Database.SqlQuery<long>($"select nextval('revs') as \"Value\"").SingleAsync();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasSequence("revs");
        modelBuilder.Entity<Account>().Property(a => a.Id).ValueGeneratedNever();
        modelBuilder.Entity<CardList>().Property(l => l.Id).ValueGeneratedNever();
        modelBuilder.Entity<Card>().Property(c => c.Id).ValueGeneratedNever();
        modelBuilder.Entity<CardLabel>(label =>
        {
            label.HasKey(l => new { l.CardId, l.LabelId });
            label.HasOne<Card>().WithMany().HasForeignKey(l => l.CardId).OnDelete(DeleteBehavior.Cascade);
        });
    }
}

/// <summary>How many rows there are to begin with.</summary>
/// <param name="Balance">Of each account and vault.</param>
public sealed record Setting(int Accounts, int Vaults, int Lists, int Cards, int Balance);

public sealed class Account
{
    public int Id { get; set; }

    public int Balance { get; set; }
}

public sealed class Vault
{
    public Guid Id { get; set; }

    public long Balance { get; set; }

    public static Guid IdOf(int number) => new($"00000000-0000-4000-8000-{number:x12}");
}

public sealed class CardList
{
    public int Id { get; set; }
}

public sealed class Card
{
    public int Id { get; set; }

    public int ListId { get; set; }

    public CardList? List { get; set; }

    public bool Done { get; set; }

    /// <summary>Another one with every write.</summary>
    public string Note { get; set; } = "";

    /// <summary>Grows; writes that race with others leave it as it is.</summary>
    public long Rev { get; set; }

    /// <summary>What the number was when it was inserted.</summary>
    public long Born { get; set; }
}

public sealed class CardLabel
{
    public int CardId { get; set; }

    public int LabelId { get; set; }

    public string Note { get; set; } = "";

    public long Rev { get; set; }

    /// <summary>What the number was when it was inserted.</summary>
    public long Born { get; set; }
}
