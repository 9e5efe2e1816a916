using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LiveHub.Tests.Model;

/// <summary>What does not fit is refused at start-up; each text names the entity and the remedy.</summary>
public sealed class ExposureFaultTests
{
    [Fact]
    public void All_faults_are_reported_together()
    {
        var faults = Faults(live => live
            .Expose<Unmapped>()
            .Expose<Loose>()
            .Expose<Twin>()
            .Expose<Filtered>()
            .Expose<Odd>(odd => odd.Hide(o => o.Id).Columns("Nothing"))
            .Expose("Nowhere"));
        Assert.Equal(7, faults.Length);
    }

    [Fact]
    public void An_unmapped_type_is_named_with_those_that_are_mapped()
        => Fault<Unmapped>("'Unmapped' is not an entity type of the model", "Map it", "Filtered, House, ");

    [Fact]
    public void An_unknown_name_is_named()
        => Contains(Faults(live => live.Expose("Nowhere")), "'Nowhere' is not an entity type of the model");

    [Fact]
    public void An_entity_without_a_key_is_refused() => Fault<Loose>("Loose:", "no primary key", "HasKey");

    [Fact]
    public void An_entity_that_is_read_from_a_view_and_written_to_a_table_is_refused()
        => Fault<Seen>("Seen:", "read from a view", "Map it to the table alone");

    [Fact]
    public void An_owned_type_is_refused_in_favour_of_its_owner()
        => Contains(Faults(live => live.Expose<Address>()), "Address", "owned", "Expose the owner");

    [Fact]
    public void A_type_without_a_form_on_the_wire_is_refused_until_it_is_hidden()
    {
        Contains(Faults(live => live.Expose<Listed>()), "Listed.Origin:", "no form on the wire", "Hide(x => x.Origin)");
        Assert.Empty(Faults(live => live.Expose<Listed>(l => l.Hide(x => x.Origin))));
    }

    [Fact]
    public void A_hidden_key_column_is_refused()
        => Contains(Faults(live => live.Expose<House>(h => h.Hide(x => x.Id))), "House.Id:", "part of the key", "Do not hide it");

    [Fact]
    public void A_name_that_is_no_mapped_property_is_refused_in_Columns_and_in_Hide()
    {
        Contains(Faults(live => live.Expose<House>(h => h.Columns("Street"))), "House.Street:", "not a mapped property");
        Contains(Faults(live => live.Expose<Odd>(o => o.Hide(x => x.Length))), "Odd.Length:", "not a mapped property");
    }

    [Fact]
    public void Columns_that_would_have_one_name_in_camelCase_are_refused()
    {
        Contains(Faults(live => live.Expose<Twin>()), "Twin:", "URL and Url", "'url'", "Hide one of them");
        Assert.Empty(Faults(live => live.Expose<Twin>(t => t.Hide(x => x.URL))));
    }

    [Fact]
    public void An_entity_exposed_twice_is_refused()
        => Contains(Faults(live => live.Expose<House>().Expose<House>(name: "Home")), "'House' is exposed twice", "Call Expose once");

    [Fact]
    public void Two_entities_of_one_name_are_refused()
        => Contains(Faults(live => live.Expose<House>(name: "Thing").Expose<Odd>(o => o.Hide(x => x.Words), "Thing")), "'Thing'", "House of", " and Odd of", "another name");

    [Fact]
    public void One_name_in_two_contexts_is_refused_and_both_are_named()
    {
        var services = Catalog.ServicesOf<OddDb>(live => live.Expose<House>(name: "Dog"), more: s => s
            .AddDbContext<TreeDb>(o => o.UseNpgsql("Host=none"))
            .AddLiveHub<TreeDb>(live => live.Expose<Dog>()));
        var fault = Assert.Throws<InvalidOperationException>(() => services.GetRequiredService<LiveModel>().Entities);
        Contains([fault.Message], "'Dog'", nameof(OddDb), nameof(TreeDb), "Expose<T>(name:");
    }

    [Fact]
    public void A_base_type_and_its_derived_type_are_refused_together()
    {
        var services = Catalog.ServicesOf<TreeDb>(live => live.Expose<Animal>().Expose<Puppy>());
        var fault = Assert.Throws<InvalidOperationException>(() => services.GetRequiredService<LiveModel>().Entities);
        Contains([fault.Message], "Puppy:", "'Animal'", "Expose one of them");
    }

    [Fact]
    public void A_query_filter_that_cannot_be_evaluated_on_rows_is_refused_and_named()
        => Contains(Faults(live => live.Expose<Filtered>()), "Filtered:", "query filter", "StartsWith");

    [Fact]
    public void Faults_are_reported_although_something_was_saved_before_the_start()
    {
        var services = Catalog.ServicesOf<OddDb>(live => live.Expose<Loose>());
        var model = services.GetRequiredService<LiveModel>();
        using (var db = services.GetRequiredService<OddDb>())
        {
            Assert.NotNull(model.For(db));
        }

        Assert.Throws<InvalidOperationException>(() => model.Entities);
    }

    [Fact]
    public async Task The_host_does_not_start_with_a_fault()
    {
        await using var services = Catalog.ServicesOf<OddDb>(live => live.Expose<Loose>());
        var report = services.GetServices<IHostedService>().First();
        await Assert.ThrowsAsync<InvalidOperationException>(() => report.StartAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_context_without_a_registration_is_named_with_the_call_that_is_missing()
    {
        var services = new ServiceCollection().AddLogging().AddLiveHub<OddDb>(live => live.Expose<House>()).BuildServiceProvider();
        var fault = Assert.Throws<InvalidOperationException>(() => services.GetRequiredService<LiveModel>().Entities);
        Contains([fault.Message], "OddDb is not registered", "AddDbContext<OddDb>");
    }

    private static void Fault<T>(params string[] parts)
        where T : class
        => Contains(Faults(live => live.Expose<T>()), parts);

    private static void Contains(string[] faults, params string[] parts)
    {
        var fault = Assert.Single(faults);
        Assert.All(parts, part => Assert.Contains(part, fault, StringComparison.Ordinal));
    }

    private static string[] Faults(Action<LiveHubBuilder<OddDb>> expose)
    {
        try
        {
            _ = Catalog.ModelOf(expose).Entities;
            return [];
        }
        catch (InvalidOperationException e)
        {
            return [.. e.Message.Split(Environment.NewLine).Skip(1)];
        }
    }
}
