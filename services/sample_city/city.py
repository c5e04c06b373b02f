"""The bodies of the invented city: who grants, who supervises, and which of 200 matters belongs to whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from services.sample_city.codes import CITY, COUNTIES, credit_code

DEPARTMENT_NAMES = (
    "市场监督管理局", "卫生健康委员会", "交通运输局", "应急管理局", "教育局", "生态环境局", "住房和城乡建设局",
    "农业农村局", "水务局", "自然资源和规划局", "文化广电和旅游局", "人力资源和社会保障局", "公安局", "民政局",
    "城市管理局", "商务局", "林业局", "体育局", "气象局", "消防救援支队",
)  # fmt: skip

_SUBJECTS = {
    0: (
        "食品经营",
        "食品生产",
        "药品零售",
        "医疗器械经营",
        "特种设备使用",
        "计量标准器具核准",
        "广告发布",
        "小作坊登记",
    ),
    1: ("公共场所卫生", "医疗机构执业", "放射诊疗", "饮用水供水卫生", "消毒产品生产", "母婴保健技术服务", "护士执业"),
    2: ("道路货物运输经营", "道路旅客运输经营", "危险货物运输", "机动车驾驶员培训", "港口经营", "网络预约出租汽车经营"),
    3: ("危险化学品经营", "烟花爆竹经营", "非煤矿山安全生产", "危险化学品使用"),
    4: ("民办学校办学", "校外培训机构设立", "教师资格认定", "校车使用"),
    5: ("排污", "危险废物经营", "辐射安全", "固体废物转移"),
    6: ("建筑工程施工", "房地产开发企业资质", "燃气经营", "建筑施工企业安全生产"),
    7: ("兽药经营", "农药经营", "种子生产经营", "动物防疫条件", "生鲜乳收购"),
    8: ("取水", "河道采砂", "水工程建设规划同意"),
    9: ("建设用地规划", "采矿", "测绘资质"),
    10: ("营业性演出", "娱乐场所经营", "旅行社经营", "互联网上网服务营业场所经营", "电影放映"),
    11: ("人力资源服务", "劳务派遣经营", "职业培训学校办学"),
    12: ("旅馆业特种行业", "保安服务", "爆破作业", "公章刻制业"),
    13: ("民办非企业单位登记", "社会团体登记", "慈善组织公开募捐"),
    14: ("户外广告设置", "建筑垃圾处置", "临时占道"),
    15: ("成品油零售经营", "拍卖业务", "二手车流通"),
    16: ("林木采伐", "野生动物人工繁育", "木材运输"),
    17: ("高危险性体育项目经营", "健身气功站点设立"),
    18: ("雷电防护装置检测", "升放气球"),
    19: ("公众聚集场所消防安全检查", "消防技术服务机构"),
}
_SCOPES = ("", "（新设）", "（分支机构）", "（扩大范围）", "（临时）")


@dataclass(frozen=True, slots=True)
class Body:
    """A body that grants, for a region and a level."""

    code: str
    name: str
    region: str
    level: str


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter: its 12-character code, its certificate, and the departments (by index) that watch it."""

    code: str
    name: str
    certificate: str
    lead: int
    others: tuple[int, ...]
    covered: bool


@dataclass(frozen=True, slots=True)
class City:
    """The whole city. ``departments``: code → name, in a fixed order."""

    bodies: tuple[Body, ...]
    departments: dict[str, str]
    matters: tuple[Matter, ...]

    def department(self, index: int) -> str:
        return list(self.departments)[index]


@lru_cache(maxsize=1)
def haizhou() -> City:
    """Return 海州市. Always the same."""
    bodies = [Body(credit_code("11", 1), "海州市行政审批局", CITY, "市级")]
    bodies += [
        Body(credit_code("11", 10 + n), f"海州市{name}行政审批局", region, "县级")
        for n, (region, name) in enumerate(COUNTIES.items())
    ]
    departments = {credit_code("11", 101 + n): f"海州市{name}" for n, name in enumerate(DEPARTMENT_NAMES)}
    return City(tuple(bodies), departments, tuple(_matters()))


def _matters() -> list[Matter]:
    matters: list[Matter] = []
    for scope in _SCOPES:
        for lead, subjects in _SUBJECTS.items():
            for subject in subjects:
                if len(matters) == 200:
                    return matters
                number = len(matters)
                matters.append(
                    Matter(
                        code=f"0001{31000000 + number * 7:08d}",
                        name=f"{subject}许可{scope}",
                        certificate=f"{subject}许可证{scope}",
                        lead=lead,
                        others=_others(number, lead),
                        covered=number not in (17, 58, 103, 164),
                    )
                )
    return matters


def _others(number: int, lead: int) -> tuple[int, ...]:
    """Most matters have one co-department, some two, some none."""
    count = (1, 1, 0, 2, 1)[number % 5]
    return tuple(other for other in ((lead + 14) % 20, (lead + 19) % 20) if other != lead)[:count]
