namespace BoardSample.Model;

/// <summary>A piece of work in a list. Deleting it sets <see cref="IsDeleted"/>; a global query filter hides it from then on.</summary>
public sealed class Card
{
    public int Id { get; init; }
    public required int ListId { get; set; }
    public required string Title { get; set; }
    public string Description { get; set; } = "";
    public bool Done { get; set; }
    public double Position { get; set; }
    public DateTimeOffset? DueAt { get; set; }
    public int? MemberId { get; set; }

    /// <summary>Days of work, to the hundredth.</summary>
    public decimal? Estimate { get; set; }
    public bool IsDeleted { get; set; }

    public ICollection<Comment> Comments { get; } = [];
    public ICollection<Label> Labels { get; } = [];
}
