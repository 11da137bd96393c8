// Emoji by the names that people type between colons: the common ones, as characters.

const TABLE = `
smile 😄 smiley 😃 grinning 😀 grin 😁 laughing 😆 joy 😂 rofl 🤣 slightly_smiling_face 🙂 upside_down_face 🙃 wink 😉 blush 😊
innocent 😇 heart_eyes 😍 star-struck 🤩 kissing_heart 😘 yum 😋 stuck_out_tongue 😛 sunglasses 😎 nerd_face 🤓 thinking_face 🤔
face_with_raised_eyebrow 🤨 neutral_face 😐 expressionless 😑 smirk 😏 unamused 😒 face_with_rolling_eyes 🙄 grimacing 😬 relieved 😌
pensive 😔 sleepy 😪 sleeping 😴 mask 😷 dizzy_face 😵 exploding_head 🤯 partying_face 🥳 confused 😕 worried 😟 slightly_frowning_face 🙁
open_mouth 😮 astonished 😲 flushed 😳 fearful 😨 cold_sweat 😰 cry 😢 sob 😭 scream 😱 disappointed 😞 sweat 😓 weary 😩 tired_face 😫
angry 😠 rage 😡 skull 💀 poop 💩 ghost 👻 robot_face 🤖 facepalm 🤦 shrug 🤷 saluting_face 🫡 sweat_smile 😅 hugging_face 🤗
+1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 ok_hand 👌 v ✌️ crossed_fingers 🤞 point_left 👈 point_right 👉 point_up ☝️ point_up_2 👆
point_down 👇 raised_hand ✋ hand ✋ wave 👋 clap 👏 raised_hands 🙌 open_hands 👐 handshake 🤝 pray 🙏 muscle 💪 writing_hand ✍️ eyes 👀
brain 🧠 busts_in_silhouette 👥 bust_in_silhouette 👤 technologist 🧑‍💻 firefighter 🧑‍🚒 detective 🕵️ guardsman 💂
heart ❤️ orange_heart 🧡 yellow_heart 💛 green_heart 💚 blue_heart 💙 purple_heart 💜 broken_heart 💔 100 💯 boom 💥 collision 💥 dash 💨
zzz 💤 speech_balloon 💬 thought_balloon 💭 anger 💢 sparkles ✨ star ⭐ star2 🌟 fire 🔥 zap ⚡ droplet 💧 ocean 🌊 snowflake ❄️
sunny ☀️ cloud ☁️ rain_cloud 🌧️ tornado 🌪️ rainbow 🌈 earth_africa 🌍 crescent_moon 🌙 dog 🐶 cat 🐱 bear 🐻 ox 🐂 whale 🐳 turtle 🐢
snail 🐌 bug 🐛 bee 🐝 fish 🐟 shark 🦈 unicorn_face 🦄 seedling 🌱 evergreen_tree 🌲 four_leaf_clover 🍀 apple 🍎 pizza 🍕 coffee ☕ tea 🍵
beer 🍺 beers 🍻 champagne 🍾 clinking_glasses 🥂 cake 🍰 birthday 🎂 tada 🎉 confetti_ball 🎊 balloon 🎈 gift 🎁 trophy 🏆 medal 🏅
first_place_medal 🥇 soccer ⚽ dart 🎯 game_die 🎲 musical_note 🎵 art 🎨 rocket 🚀 airplane ✈️ helicopter 🚁 car 🚗 ambulance 🚑
fire_engine 🚒 police_car 🚓 rotating_light 🚨 construction 🚧 vertical_traffic_light 🚦 traffic_light 🚥 octagonal_sign 🛑 anchor ⚓
hourglass ⌛ hourglass_flowing_sand ⏳ watch ⌚ alarm_clock ⏰ stopwatch ⏱️ timer_clock ⏲️ clock1 🕐 clock3 🕒 clock12 🕛
iphone 📱 telephone_receiver 📞 phone ☎️ pager 📟 computer 💻 desktop_computer 🖥️ keyboard ⌨️ floppy_disk 💾 battery 🔋 electric_plug 🔌 bulb 💡
flashlight 🔦 satellite_antenna 📡 camera 📷 mag 🔍 mag_right 🔎 lock 🔒 unlock 🔓 key 🔑 closed_lock_with_key 🔐 shield 🛡️ hammer 🔨
wrench 🔧 hammer_and_wrench 🛠️ gear ⚙️ chains ⛓️ link 🔗 scissors ✂️ wastebasket 🗑️ package 📦 mailbox 📫 email 📧 envelope ✉️ inbox_tray 📥
outbox_tray 📤 memo 📝 pencil 📝 pencil2 ✏️ book 📖 books 📚 bookmark 🔖 notebook 📓 clipboard 📋 page_facing_up 📄 file_folder 📁
open_file_folder 📂 calendar 📆 date 📅 pushpin 📌 round_pushpin 📍 paperclip 📎 newspaper 📰 receipt 🧾 scales ⚖️ balance_scale ⚖️
chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 bar_chart 📊 moneybag 💰 dollar 💵 euro 💶 coin 🪙 money_with_wings 💸 bank 🏦
credit_card 💳 gem 💎 mega 📣 loudspeaker 📢 bell 🔔 no_bell 🔕 mute 🔇 sound 🔉 speaker 🔊 triangular_flag_on_post 🚩 checkered_flag 🏁
white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌ negative_squared_cross_mark ❎ heavy_multiplication_x ✖️ o ⭕
warning ⚠️ no_entry ⛔ no_entry_sign 🚫 radioactive_sign ☢️ biohazard_sign ☣️ exclamation ❗ question ❓ grey_exclamation ❕ grey_question ❔
bangbang ‼️ interrobang ⁉️ information_source ℹ️ sos 🆘 ok 🆗 new 🆕 up 🆙 cool 🆒 free 🆓 vs 🆚 recycle ♻️ infinity ♾️ repeat 🔁
arrows_counterclockwise 🔄 twisted_rightwards_arrows 🔀 arrow_up ⬆️ arrow_down ⬇️ arrow_left ⬅️ arrow_right ➡️ arrow_upper_right ↗️
arrow_lower_right ↘️ arrow_forward ▶️ double_vertical_bar ⏸️ pause_button ⏸️ black_square_for_stop ⏹️ fast_forward ⏩ rewind ⏪
arrow_up_small 🔼 arrow_down_small 🔽 heavy_plus_sign ➕ heavy_minus_sign ➖ heavy_dollar_sign 💲 red_circle 🔴 large_orange_circle 🟠
large_yellow_circle 🟡 large_green_circle 🟢 large_blue_circle 🔵 large_purple_circle 🟣 large_brown_circle 🟤 white_circle ⚪ black_circle ⚫
large_red_square 🟥 large_orange_square 🟧 large_yellow_square 🟨 large_green_square 🟩 large_blue_square 🟦 white_large_square ⬜
black_large_square ⬛ large_orange_diamond 🔶 large_blue_diamond 🔷 small_red_triangle 🔺 small_red_triangle_down 🔻 zero 0️⃣ one 1️⃣ two 2️⃣
three 3️⃣ four 4️⃣ five 5️⃣ six 6️⃣ seven 7️⃣ eight 8️⃣ nine 9️⃣ keycap_ten 🔟 hash #️⃣ flag-us 🇺🇸 flag-gb 🇬🇧 flag-de 🇩🇪 flag-fr 🇫🇷 flag-eu 🇪🇺
`;

const words = TABLE.trim().split(/\s+/);
const CHARACTERS = new Map();
for (let at = 0; at < words.length; at += 2) CHARACTERS.set(words[at], words[at + 1]);

const TONES = { 2: "🏻", 3: "🏼", 4: "🏽", 5: "🏾", 6: "🏿" };

/** The character, or null for a name that is not in the table. */
export function emoji(name) {
  const [base, tone] = name.split("::skin-tone-");
  const character = CHARACTERS.get(base);
  return character === undefined ? null : character + (TONES[tone] ?? "");
}

/** What a person most likely reacts with. */
export const REACTIONS = [
  "white_check_mark",
  "eyes",
  "+1",
  "pushpin",
  "raised_hands",
  "fire",
  "warning",
  "thinking_face",
  "tada",
  "x",
];
