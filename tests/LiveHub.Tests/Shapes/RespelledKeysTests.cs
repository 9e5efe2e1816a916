using System.Text;
using System.Text.Json;
using LiveHub.Model;
using LiveHub.Shapes;
using LiveHub.Tests.Model;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Tests.Shapes;

public sealed class RespelledKeysTests
{
    private static readonly LiveModel Model = Catalog.ModelOf<KeysDb>(live => live.Expose<Numbered>().Expose<Measured>().Expose<Named>());

    [Theory]
    [InlineData(nameof(Numbered), """["42","-1"]""")]
    [InlineData(nameof(Numbered), "[42,-1,9007199254740991]")]
    [InlineData(nameof(Measured), """[{"at":"2026-11-21T10:15:19.000000Z","amount":"1.5"},{"amount":0,"at":"2026-11-21T10:15:19.000001Z"}]""")]
    public void P29_nothing_is_said_of_keys_that_are_written_as_rows_show_them_a_number_for_its_digits_included(string entity, string keys)
        => Assert.Null(RespelledKeys.Of(Model.Find(entity)!, JsonDocument.Parse(keys).RootElement));

    [Theory]
    [InlineData(nameof(Numbered), """["042",7]""", """[["042","42"]]""")]
    [InlineData(nameof(Named), """["ABC","x"]""", """[["ABC","abc"]]""")]
    [InlineData(nameof(Measured), """[{"amount":"1.50","at":"2026-11-21T12:15:19+02:00"}]""",
        """[[["2026-11-21T12:15:19+02:00","1.50"],["2026-11-21T10:15:19.000000Z","1.5"]]]""")]
    public void P29_a_key_that_is_written_otherwise_comes_as_it_was_asked_for_and_as_rows_show_it(string entity, string keys, string expected)
        => Assert.Equal(expected, Encoding.UTF8.GetString(RespelledKeys.Of(Model.Find(entity)!, JsonDocument.Parse(keys).RootElement)!));

    private sealed class KeysDb(DbContextOptions<KeysDb> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.Entity<Numbered>();
            modelBuilder.Entity<Named>().Property(n => n.Id).HasConversion(id => id.ToLowerInvariant(), id => id);
            modelBuilder.Entity<Measured>().HasKey(m => new { m.At, m.Amount });
        }
    }

    private sealed class Numbered
    {
        public long Id { get; set; }
    }

    private sealed class Named
    {
        public string Id { get; set; } = "";
    }

    private sealed class Measured
    {
        public DateTimeOffset At { get; set; }

        public decimal Amount { get; set; }
    }
}
