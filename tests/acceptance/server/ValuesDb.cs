using Microsoft.EntityFrameworkCore;

namespace ValuesServer;

public sealed class ValuesDb(DbContextOptions<ValuesDb> options) : DbContext(options)
{
    public DbSet<Sample> Samples => Set<Sample>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
        => configurationBuilder.Properties<OrderId>().HaveConversion<OrderIdConversion>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Sample>(sample =>
        {
            sample.Property(s => s.EnumAsText).HasConversion<string>();
            sample.Property(s => s.MaybeEnumAsText).HasConversion<string>();
            sample.Property(s => s.EnumAsNumber).HasConversion<int>();
            sample.Property(s => s.MaybeEnumAsNumber).HasConversion<int>();
            sample.OwnsOne(s => s.Owned);
            sample.OwnsOne(s => s.MaybeOwned);
            sample.ComplexProperty(s => s.Complex);
            sample.OwnsOne(s => s.OwnedJson, place => place.ToJson());
            sample.OwnsMany(s => s.OwnedList, place => place.ToJson());
        });
        foreach (var key in Keys.All)
        {
            key.Build(modelBuilder);
        }
    }
}

public sealed class OrderIdConversion() : Microsoft.EntityFrameworkCore.Storage.ValueConversion.ValueConverter<OrderId, long>(id => id.Value, value => new OrderId(value));
