namespace BoardSample.Model;

/// <summary>A coloured tag of a board, worn by any number of its cards.</summary>
public sealed class Label
{
    public int Id { get; init; }
    public required int BoardId { get; set; }
    public required string Name { get; set; }
    public string Color { get; set; } = "#64748b";

    public ICollection<Card> Cards { get; } = [];
}
